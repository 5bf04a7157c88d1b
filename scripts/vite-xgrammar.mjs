/**
 * `virtual:xgrammar`: @mlc-ai/web-xgrammar as a function that gives a new instance with each call. The package itself is one
 * instance a thread, which a grammar with a mistake ends for good (its WebAssembly aborts), and tells what the mistake was on
 * the console only. So its UMD frame is replaced by a function whose parameter takes the place of `console`; `process`,
 * `document` and `location`, by which it would look for files, are absent in it: it has its WebAssembly with it.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ID = 'virtual:xgrammar';
const RESOLVED = `\0${ID}`;

const HEAD = /^\(function \(global, factory\) \{[\s\S]*?\}\)\(this, \(function \(exports\) \{ 'use strict';\n/;
const TAIL = /\n\}\)\);\s*(\/\/# sourceMappingURL=.*\s*)?$/;

/** @returns {import('vite').Plugin} */
export function xgrammar() {
  return {
    name: 'xgrammar',
    enforce: 'pre',
    resolveId: (id) => (id === ID ? RESOLVED : null),
    load(id) {
      if (id !== RESOLVED) return null;
      const text = readFileSync(fileURLToPath(import.meta.resolve('@mlc-ai/web-xgrammar')), 'utf8');
      if (!HEAD.test(text) || !TAIL.test(text)) {
        throw new Error('@mlc-ai/web-xgrammar is not framed as UMD any more; see scripts/vite-xgrammar.mjs.');
      }
      const body = text.replace(HEAD, '').replace(TAIL, '').replace("await import('module')", '{}');
      return `export default function createXgrammar(console) {
        const exports = {};
        const process = undefined, document = undefined, location = { href: '' };
        ${body}
        return exports;
      }`;
    },
  };
}
