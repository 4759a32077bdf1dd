/** Typed access to the orders API. */

export interface OrderLine {
  sku: string;
  quantity: number;
}

export interface Order {
  readonly number?: number;
  customer: string;
  lines: OrderLine[];
}

export enum OrderState {
  Open = "open",
  Placed = "placed",
  Sent = "sent",
}

export type Fetcher = (url: string, body?: string) => Promise<unknown>;

export class OrderClient {
  constructor(
    private readonly fetcher: Fetcher,
    private readonly base = "/orders",
  ) {}

  async place(order: Order): Promise<number> {
    const answer = (await this.fetcher(this.base, JSON.stringify(order))) as { number: number };
    return answer.number;
  }

  async state(number: number): Promise<OrderState> {
    const answer = await this.fetcher(`${this.base}/${number}`);
    return isState(answer) ? answer : OrderState.Open;
  }
}

function isState(value: unknown): value is OrderState {
  return Object.values(OrderState).includes(value as OrderState);
}
