const CENTS = 100;

/** A price as customers read it. */
export function formatPrice(cents, currency = "EUR") {
  const amount = (cents / CENTS).toFixed(2);
  return `${amount} ${currency}`;
}

export const formatDate = (date) => date.toISOString().slice(0, 10);

export function plural(count, word) {
  switch (count) {
    case 0:
      return `no ${word}s`;
    case 1:
      return `one ${word}`;
    default:
      return `${count} ${word}s`;
  }
}
