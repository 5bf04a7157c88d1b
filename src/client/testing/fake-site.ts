/**
 * The tabs of one site in a test: Web Locks as far as Hearth uses them (exclusive and shared, first come first served, `signal`,
 * `steal`), and a channel that the others hear. Both answer later, as a browser's do.
 */
interface Request {
  tab: object;
  name: string;
  mode: LockMode;
  grant(): void;
  /** The lock is stolen from it. */
  lose(): void;
}

type Listener = (event: MessageEvent) => void;

export function createFakeSite() {
  let held: Request[] = [];
  let pending: Request[] = [];
  const ears = new Map<object, { listeners: Listener[]; isFrozen: boolean }>();

  function grant(): void {
    for (const request of pending) {
      const others = held.filter(({ name }) => name === request.name);
      const isFree = others.every(({ mode }) => mode === 'shared' && request.mode === 'shared');
      const isNext = pending.find(({ name }) => name === request.name) === request;
      if (!isFree || !isNext) continue;
      pending = pending.filter((one) => one !== request);
      held.push(request);
      setImmediate(request.grant);
      return grant();
    }
  }

  function open() {
    const tab = {};
    const ear = { listeners: [] as Listener[], isFrozen: false };
    ears.set(tab, ear);

    function request<T>(name: string, options: LockOptions, action: () => Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const mine: Request = {
          tab,
          name,
          mode: options.mode ?? 'exclusive',
          grant: () =>
            void Promise.resolve(action())
              .then(resolve, reject)
              .finally(() => {
                held = held.filter((one) => one !== mine);
                grant();
              }),
          lose: () => reject(new DOMException('The lock was stolen.', 'AbortError')),
        };
        options.signal?.addEventListener('abort', () => {
          if (!pending.includes(mine)) return;
          pending = pending.filter((one) => one !== mine);
          reject(options.signal?.reason as Error);
          grant();
        });
        if (options.steal) {
          const robbed = held.filter((one) => one.name === name);
          held = held.filter((one) => one.name !== name);
          for (const one of robbed) setImmediate(one.lose);
          pending.unshift(mine);
        } else pending.push(mine);
        grant();
      });
    }

    return {
      parts: {
        locks: {
          request: request as LockManager['request'],
          query: async () => {
            await new Promise(setImmediate);
            const tell = ({ name, mode }: Request) => ({ name, mode, clientId: '' });
            return { held: held.map(tell), pending: pending.map(tell) };
          },
        },
        channel: {
          postMessage(message: unknown) {
            const data: unknown = structuredClone(message);
            for (const [other, { listeners, isFrozen }] of ears)
              if (other !== tab && !isFrozen)
                setImmediate(() => listeners.forEach((hear) => hear({ data } as MessageEvent)));
          },
          addEventListener: (_: string, listener: unknown) => void ear.listeners.push(listener as Listener),
        } as Pick<BroadcastChannel, 'postMessage' | 'addEventListener'>,
      },
      /** It hears nothing any more. */
      freeze: () => (ear.isFrozen = true),
      /** The tab ends without a word: a crash, or somebody closes it. */
      close() {
        ears.delete(tab);
        held = held.filter((one) => one.tab !== tab);
        pending = pending.filter((one) => one.tab !== tab);
        grant();
      },
    };
  }

  return { open };
}
