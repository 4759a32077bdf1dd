#pragma once

#include <string>
#include <vector>

namespace shop {

/// Anything that can be printed on a parcel.
class Printable {
public:
    virtual ~Printable() = default;
    virtual std::string text() const = 0;
};

class Label : public Printable {
public:
    Label(std::string customer, int order_number);
    std::string text() const override;
    void add_line(const std::string &line) { lines_.push_back(line); }

private:
    std::string customer_;
    int order_number_;
    std::vector<std::string> lines_;
};

template <typename Container>
std::string join(const Container &parts, const std::string &between);

}  // namespace shop
