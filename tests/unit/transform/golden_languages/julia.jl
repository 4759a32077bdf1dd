module A
using B, C.D
using C.D: e, f as g
import H
import .I: j
include("x.jl")
export foo
"""
Says foo.
"""
function foo(x::Int, y=1; z...)::T where T <: Q
    local a = x.b + y
    a, b = 1, 2
    if x > 1 && y < 2 elseif y else end
    return M.bar(a)
end
f(x) = x + 1
Base.show(io::IO, s::S) = print(io, s)
struct S{T} <: P
    a::Int
    b
    S(x) = new(x)
end
mutable struct Mu end
abstract type Ab <: N end
const K = 1
v = [i for i in 1:2 if i > 1]
macro m(e) :(1) end
@m x y
g = x -> x.y
for i = 1:3 end
while true end
try foo() catch e end
h(x)::Int where T = map(x) do q; q end
primitive type Pr 8 end
x.y = 2; z += 1; w[1] = 3
s = "a$(b)c"
foo!(x) ; f.(x)
let q = 1; end
end
