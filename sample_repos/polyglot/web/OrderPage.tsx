import { useState, type ReactElement } from "react";
import { OrderClient, OrderState, type Order } from "./client";

interface Props {
  client: OrderClient;
  order: Order;
}

const LABELS: Record<OrderState, string> = {
  [OrderState.Open]: "not yet ordered",
  [OrderState.Placed]: "we are packing",
  [OrderState.Sent]: "on its way",
};

function StateLabel({ state }: { state: OrderState }): ReactElement {
  return <strong>{LABELS[state]}</strong>;
}

export function OrderPage({ client, order }: Props): ReactElement {
  const [state, setState] = useState<OrderState>(OrderState.Open);

  async function place(): Promise<void> {
    const number = await client.place(order);
    setState(await client.state(number));
  }

  return (
    <main>
      <h1>Order of {order.customer}</h1>
      <StateLabel state={state} />
      {state === OrderState.Open && <button onClick={place}>Place order</button>}
    </main>
  );
}
