# Says all.
include a.mk
CC := gcc
export X ?= 1
define D
 y
endef
ifeq ($(CC),gcc)
endif
.PHONY: all
all: b c | d
	$(CC) -o $@ $<
%.o: %.c
	@echo $(patsubst %.c,%.o,$(SRC))
E?=1
