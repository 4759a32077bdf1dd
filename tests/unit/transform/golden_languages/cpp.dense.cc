using namespace std;
namespace n::m {
// Says A.
class A : public B {
  int y_;
 public:
  A(int x) : y_(x) {}
  virtual ~A() = default;
  template <class U> void t(U u) { u.go(); }
  enum class E { P };
};
}
int n::A::f() const { return g<int>(y_); }
using T = x::Y<int>;
