#!/usr/bin/perl
package A::B;
use strict;
use List::Util qw(sum max);
use parent -norequire, 'C';
require "x.pl";
our $V = 1;
# Says f.
sub f { my ($self, $a) = @_; my $c = $self->{x}; if ($a > 1 && $c) { return g($a)->m(1); } foreach my $i (@$c) { print $i; } $h{k} = 1; A::B::z($a); }
use constant PI => 3;
1;
