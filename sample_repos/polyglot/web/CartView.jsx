import React, { useEffect, useState } from "react";
import checkout, { Cart, describe } from "./cart.js";

function Line({ sku, quantity, onRemove }) {
  return (
    <li className="line">
      {quantity} × {sku}
      <button onClick={() => onRemove(sku)}>remove</button>
    </li>
  );
}

export function CartView({ prices, lines }) {
  const [cart, setCart] = useState(() => new Cart());
  const [message, setMessage] = useState("");

  useEffect(() => {
    setMessage(describe(cart, prices));
  }, [cart, prices]);

  const remove = (sku) => {
    cart.remove(sku);
    setCart(cart);
  };

  return (
    <section>
      <ul>
        {lines.map((line) => (
          <Line key={line.sku} {...line} onRemove={remove} />
        ))}
      </ul>
      <p>{message}</p>
      <button onClick={() => checkout(cart)}>order</button>
    </section>
  );
}
