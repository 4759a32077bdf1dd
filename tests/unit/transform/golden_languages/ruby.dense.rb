require "a"
require_relative "b/c"
# Says N.
module M::N
  class A < B::C
    X = 1
    def initialize(a, b = 1) = @x = a
    def self.s; end
    private
    def f; y = foo.bar(1) if X; end
  end
end
