// The cart, kept in the browser until the order is placed.
import { formatPrice } from "./format.js";

const STORAGE_KEY = "cart";

export class Cart {
  #lines = new Map();

  static load(storage = window.localStorage) {
    const cart = new Cart();
    for (const [sku, quantity] of JSON.parse(storage.getItem(STORAGE_KEY) ?? "[]")) {
      cart.add(sku, quantity);
    }
    return cart;
  }

  add(sku, quantity = 1) {
    this.#lines.set(sku, (this.#lines.get(sku) ?? 0) + quantity);
  }

  remove(sku) {
    return this.#lines.delete(sku);
  }

  total(prices) {
    let cents = 0;
    this.#lines.forEach((quantity, sku) => {
      cents += quantity * (prices[sku] ?? 0);
    });
    return cents;
  }

  save(storage = window.localStorage) {
    storage.setItem(STORAGE_KEY, JSON.stringify([...this.#lines]));
  }
}

export function describe(cart, prices) {
  const total = cart.total(prices);
  return total === 0 ? "Your cart is empty" : `To pay: ${formatPrice(total)}`;
}

export default async function checkout(cart, send = fetch) {
  cart.save();
  const response = await send("/orders", { method: "POST" });
  if (!response.ok) {
    throw new Error(`order refused: ${response.status}`);
  }
  return response.json();
}
