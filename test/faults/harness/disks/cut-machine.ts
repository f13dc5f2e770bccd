import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ClickHouseProcess } from '../clickhouse-process.ts';
import { LoopDisk, whyNoLoopDisk } from './loop-disk.ts';

/**
 * A ClickHouse and a directory for journals on one disk of their own, whose power can be cut. Where no file system may be
 * mounted it has no disk, and a cut is only that everything is killed: then `isWhole` is false, and who holds journals has
 * to take from them what was not synced.
 */
export class CutMachine {
  readonly clickhouse: ClickHouseProcess;
  /** For journals. */
  readonly directory: string;
  readonly #disk: LoopDisk | undefined;

  private constructor(clickhouse: ClickHouseProcess, directory: string, disk: LoopDisk | undefined) {
    this.clickhouse = clickhouse;
    this.directory = directory;
    this.#disk = disk;
  }

  /** @param parent empty; everything is below it */
  static async start(parent: string): Promise<CutMachine> {
    const disk = (await whyNoLoopDisk()) === undefined ? await LoopDisk.make(parent) : undefined;
    const directory = disk?.directory ?? path.join(parent, 'd');
    await mkdir(directory, { recursive: true });
    try {
      const clickhouse = await ClickHouseProcess.start(path.join(directory, 'clickhouse'));
      // The configuration is there for long when a machine loses its power.
      await disk?.sync();
      return new CutMachine(clickhouse, directory, disk);
    } catch (error) {
      await disk?.remove();
      throw error;
    }
  }

  /** Whether the whole disk is cut off, and not only what is known of journals. */
  get isWhole(): boolean {
    return this.#disk !== undefined;
  }

  /**
   * From one moment to the next nothing reaches the disk; then everything dies, and the machine starts again.
   * @param killOthers ends all other processes that have files on the disk
   */
  async cutPower(killOthers: () => Promise<void>): Promise<void> {
    this.#disk?.cut();
    await Promise.all([killOthers(), this.clickhouse.kill()]);
    await this.#disk?.unmount();
    await this.#disk?.mount();
    await this.clickhouse.heal();
  }

  async close(): Promise<void> {
    // In order is for those that will be started again.
    await this.clickhouse.kill();
    await this.#disk?.remove();
  }
}
