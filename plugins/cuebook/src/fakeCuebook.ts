import { CuebookError, type CuebookApi } from './client';

const missing = async (): Promise<never> => {
  throw new CuebookError(404, 'not_found', 'This fake was given no answer for that.');
};

/** A Cuebook for tests and stories: answers with what it is given, and refuses the rest. */
export function fakeCuebook(given: Partial<CuebookApi>): CuebookApi {
  return {
    async *ask() {
      await missing();
    },
    rate: missing,
    jobs: missing,
    jobLog: missing,
    cancelJob: missing,
    plans: missing,
    plan: missing,
    apply: missing,
    takeBack: missing,
    approve: missing,
    reject: missing,
    ...given,
  };
}
