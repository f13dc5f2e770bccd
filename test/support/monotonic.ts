/** Stands in for the monotonic clock, by which age is measured. */
export class Monotonic {
  #nowMs = 5000;

  install(): void {
    performance.now = () => this.#nowMs;
  }

  uninstall(): void {
    Reflect.deleteProperty(performance, 'now');
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
