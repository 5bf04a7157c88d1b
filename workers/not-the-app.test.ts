import { expect, it } from 'vitest';
import { NOT_THE_APP } from './not-the-app';

const isApp = (address: string) => !NOT_THE_APP.some((pattern) => pattern.test(address));

it.each(['/', '/?q=What+is+1.5', '/?model=owner/name-1.5', '/?model=https://hub.example/a/model.gguf', '/index'])(
  '%s is the app',
  (address) => expect(isApp(address)).toBe(true),
);

it.each(['/embed', '/embed.html?v=1', '/hearth.js', '/models/tales/config.json', '/models/tales/config.json?a=b'])(
  '%s is not',
  (address) => expect(isApp(address)).toBe(false),
);
