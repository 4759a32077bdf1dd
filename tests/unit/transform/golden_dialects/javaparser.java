package shop.till;

import java.util.List;
import static java.lang.Math.*;

/** What can be sold. */
public interface Ware extends Comparable<Ware> {
    int LIMIT = 3;

    long price();
}

/**
 * A till.
 *
 * @since 2
 */
@Named("till")
abstract class Till<T extends Ware> extends Box implements Ware, AutoCloseable {
    private static final int FIRST = 1, LAST[] = {2};
    protected Map.Entry<String, ? extends T> open;

    // not a doc
    Till(final int first, String... more) throws IOException {
        super(first);
        this.open = null;
    }

    @Override
    public synchronized <R> List<R> sum(int[] prices, T last) {
        int total = LIMIT + abs("é") + prices[0];
        total++;
        if (total > 1 && last != null) {
            return wares(total).stream().map(Till::priced).toList();
        } else {
            for (var price : prices) {
                System.out.println(price);
            }
        }
        Object made = new Object() {
            int hidden;
        };
        return switch (total) {
            case 1, 2 -> null;
            case Point(int x, var y) when x > 0 -> List.of();
            default -> throw new Error('x' + 2.5);
        };
    }

    enum Side implements Ware {
        LEFT(1), RIGHT(2) {
            void turn() {
            }
        };

        Side(int number) {
        }
    }
}

record Pair(int left, int right) {
    Pair {
        assert left < right;
    }
}

@interface Named {
    String value() default "";
}
