// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;
import "./A.sol";
import {B, C as D} from "x/y.sol";
import * as E from "z.sol";
/// Says K.
abstract contract K is L, M.N(1) {
  using P for uint256;
  uint256 public constant X = 1;
  mapping(address => Q) private q_;
  event Ev(address indexed a);
  error Er(uint b);
  struct S { uint c; T t; }
  enum En { U, V }
  modifier mo(uint d) { require(d > 1 && d < 2); _; }
  constructor(uint e) L(e) { x = e; }
  receive() external payable {}
  fallback() external {}
  /** Says f. */
  function f(uint g, S memory s) public view virtual override mo(g) returns (uint r) { if (g > 1) { emit Ev(msg.sender); } for (uint i = 0; i < 2; i++) { s.c += i; } try t.h() returns (uint z) { } catch { revert Er(1); } return g > 2 ? P.w(g) : new T(1); assembly { let y := add(1, 2) } }
}
interface I { function n() external; }
library Lib { }
function free(uint a) pure returns (uint) { return uint(a); }
type My is uint256;
uint constant TOP = 1;
