package shop.pricing;

import java.util.List;
import java.util.Map;

/** Totals with discounts; all amounts in cents. */
public class PriceCalculator {

    /** A rule that may lower a total. */
    public interface Discount {
        long apply(long cents, int items);
    }

    public enum Customer { NEW, REGULAR, STAFF }

    private static final int BULK_ITEMS = 10;

    private final Map<String, Long> prices;

    public PriceCalculator(Map<String, Long> prices) {
        this.prices = Map.copyOf(prices);
    }

    public long total(List<String> skus, Customer customer) {
        long sum = 0;
        for (String sku : skus) {
            sum += priceOf(sku);
        }
        return discountFor(customer).apply(sum, skus.size());
    }

    private long priceOf(String sku) {
        Long price = prices.get(sku);
        if (price == null) {
            throw new IllegalArgumentException("no price for " + sku);
        }
        return price;
    }

    static Discount discountFor(Customer customer) {
        return switch (customer) {
            case STAFF -> (cents, items) -> cents / 2;
            case REGULAR -> (cents, items) -> items >= BULK_ITEMS ? cents * 90 / 100 : cents;
            case NEW -> (cents, items) -> cents;
        };
    }
}
