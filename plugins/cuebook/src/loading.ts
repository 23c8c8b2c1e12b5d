import { useCallback, useEffect, useState } from 'react';

/** What was asked for: being fetched for the first time, there, or why it is not. An earlier value stays beside a failure. */
export interface Loaded<Value> {
  value?: Value;
  failure?: unknown;
  again: () => void;
}

/** Fetches at once, whenever `again` is called, and every `seconds` while `busy` says that it changes by itself. */
export function useLoaded<Value>(
  fetch: () => Promise<Value>,
  { seconds = 3, busy = () => false }: { seconds?: number; busy?: (value: Value) => boolean } = {},
): Loaded<Value> {
  const [{ value, failure }, set] = useState<{ value?: Value; failure?: unknown }>({});
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound(before => before + 1), []);

  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        const found = await fetch();
        if (gone) return;
        set({ value: found });
        if (busy(found)) timer = setTimeout(load, seconds * 1000);
      } catch (failure) {
        if (!gone) set(before => ({ ...before, failure }));
      }
    };
    load();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
    // `fetch` and `busy` are new at each render; what they ask for only changes with `round`.
  }, [round]);
  return { value, failure, again };
}
