<?php
namespace Shop\Cash;
use Shop\Goods\Item as Good;
use function Shop\{add, take};
require_once "tax.php";
const LIMIT = 3;
/** Counts what was sold. */
abstract class Till extends Box implements \Countable {
    use Logs;
    const MOST = 1;
    protected static ?int $last = 1, $next;
    public function __construct(private int $start, Good|string ...$more) {
        $this->total = self::first($start);
        parent::__construct();
    }
    /** Sells one. */
    #[Pure]
    final public static function sell(Good $good): ?Good {
        if ($good->price > LIMIT && $good instanceof Item) {
            return $good->parts[0]->cheaper($good);
        }
        try { $list = [new Good(1), 'b' => "c $good->name"]; } catch (Error | \Exception $e) { $e++; }
        foreach (all() as $key => $one) { static $seen = 0; }
        return match (true) { $one === null => null, default => \Shop\pick($one) };
    }
}
enum Coin: string { case Penny = 'p'; }
interface Sells { public function open(); }
function total($x) { return fn($y) => $x ?? $y; }
$top = total(...);
[$a, $b] = [1, 2.5];
