// Areas of shapes; written to hold most kinds of statements in few lines.
import { round } from "./numbers.js";

const UNIT = "cm²";
const NAME = /^[a-z]+$/i;

class Shape {
  static count = 0;
  #label;

  constructor(label) {
    this.#label = label;
    Shape.count += 1;
  }

  get label() {
    return NAME.test(this.#label) ? this.#label : "unnamed";
  }

  area() {
    throw new Error(`${this.label} has no area`);
  }
}

export class Circle extends Shape {
  constructor(radius) {
    super("circle");
    this.radius = radius;
  }

  area() {
    return Math.PI * this.radius ** 2;
  }
}

export function total(shapes, { digits = 1 } = {}) {
  let sum = 0;
  for (const shape of shapes) {
    if (!(shape instanceof Shape)) continue;
    try {
      sum += shape.area();
    } catch (error) {
      console.warn(error?.message ?? "unknown");
    }
  }
  return `${round(sum, digits)} ${UNIT}`;
}

export const largest = async (shapes) => {
  const [first, ...rest] = await Promise.all(shapes);
  return rest.reduce((best, shape) => (shape.area() > best.area() ? shape : best), first);
};
