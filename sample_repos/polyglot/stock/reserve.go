// Package stock reserves products for orders.
package stock

import (
	"errors"
	"fmt"
	"sync"
)

// ErrSoldOut is returned when fewer are left than wanted.
var ErrSoldOut = errors.New("sold out")

// Reserver holds back products until an order is sent.
type Reserver interface {
	Reserve(sku string, quantity int) error
}

// Shelf is the stock of one warehouse.
type Shelf struct {
	mu   sync.Mutex
	left map[string]int
}

// NewShelf makes a shelf with what is on it.
func NewShelf(left map[string]int) *Shelf {
	return &Shelf{left: left}
}

// Reserve takes products off the shelf.
func (s *Shelf) Reserve(sku string, quantity int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left[sku] < quantity {
		return fmt.Errorf("%s: %w", sku, ErrSoldOut)
	}
	s.left[sku] -= quantity
	return nil
}

// ReserveAll takes all products of an order.
func ReserveAll(r Reserver, order map[string]int) (failed []string) {
	for sku, quantity := range order {
		if err := r.Reserve(sku, quantity); err != nil {
			failed = append(failed, sku)
		}
	}
	return failed
}
