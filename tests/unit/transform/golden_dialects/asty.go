// Package shop sells.
package shop

import (
	. "math"
	f "fmt"
)

const Most = 3

// A Till counts.
type Till struct {
	Sum  int `json:"sum"`
	next *Till
}

type Sells interface{ Sell(good string, more ...int) error }

// Add adds.
func (t *Till) Add(n int) (sum int) {
	if n > Most && t.next != nil {
		t.Sum += n
	}
	for i := range []int{1} {
		t.next.Sum = i
	}
	f.Println(`a
b`, Till{Sum: 1})
	return
}
