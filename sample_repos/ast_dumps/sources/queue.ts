/** A bounded queue with typed events. */
import type { Clock } from "./clock";

export enum Drop {
  Oldest,
  Newest,
}

export interface Options<T> {
  readonly size: number;
  drop?: Drop;
  onDrop?: (item: T) => void;
}

type Entry<T> = { item: T; at: number };

export abstract class Bounded<T> {
  protected entries: Entry<T>[] = [];

  constructor(
    private readonly clock: Clock,
    protected options: Options<T>,
  ) {}

  abstract admit(item: T): boolean;

  put(item: T): this {
    if (this.entries.length >= this.options.size) {
      const dropped = this.options.drop === Drop.Newest ? this.entries.pop() : this.entries.shift();
      this.options.onDrop?.(dropped!.item);
    }
    if (this.admit(item)) {
      this.entries.push({ item, at: this.clock.now() });
    }
    return this;
  }
}

export function oldest<T extends object>(queue: Bounded<T>, fallback: T): T {
  const entry = (queue as unknown as { entries: Entry<T>[] }).entries[0];
  return entry ? entry.item : fallback;
}
