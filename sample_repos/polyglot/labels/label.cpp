#include "label.hpp"

#include <utility>

namespace shop {

namespace {
constexpr int kNumberWidth = 6;

std::string padded(int number) {
    std::string digits = std::to_string(number);
    while (digits.size() < kNumberWidth) {
        digits.insert(0, "0");
    }
    return digits;
}
}  // namespace

template <typename Container>
std::string join(const Container &parts, const std::string &between) {
    std::string all;
    for (const auto &part : parts) {
        if (!all.empty()) all += between;
        all += part;
    }
    return all;
}

Label::Label(std::string customer, int order_number)
    : customer_(std::move(customer)), order_number_(order_number) {}

std::string Label::text() const {
    auto heading = customer_ + " #" + padded(order_number_);
    return lines_.empty() ? heading : heading + "\n" + join(lines_, "\n");
}

}  // namespace shop
