/** See scripts/vite-xgrammar.mjs. */
declare module 'virtual:xgrammar' {
  /** A new instance of the library, which tells what goes wrong on `console`. */
  export default function createXgrammar(
    console: Record<'log' | 'warn' | 'error', (...told: unknown[]) => void>,
  ): typeof import('@mlc-ai/web-xgrammar');
}
