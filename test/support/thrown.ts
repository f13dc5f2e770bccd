import { AppError } from '../../server/common/errors.ts';

/** The AppError that `run` throws. Fails when it throws anything else, or nothing. */
export function thrownBy(run: () => unknown): AppError {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`expected an AppError, received the result ${JSON.stringify(result)}`);
}
