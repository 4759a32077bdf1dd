package main
import (
  f "fmt"
  . "os"
)
const (
  A = iota
  b
)
// S is said.
type S struct { A, c int; Emb }
type I interface { M(a int) error }
type Al = pkg.T
// M does it.
func (s *S) M(a int) (r error) { x := s.f.g(a); if x { s.c++ }; return pkg.Fn(x) }
