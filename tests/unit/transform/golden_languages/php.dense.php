<?php
namespace A\B;
use C\D as E;
use F\{G, H};
require_once __DIR__ . "/x.php";
const Q = 1;
/** Says S. */
abstract class S extends T implements U {
  use W;
  const X = 1;
  public static ?int $y = 1;
  public function __construct(private int $pr) { $this->y = self::foo($pr); new D(1); }
}
enum En: string { case P = 'p'; }
function fn1($x) { return $x ? g($x) : A\h(); }
$top = 1;
