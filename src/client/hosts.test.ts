import { expect, it } from 'vitest';
import { hubAddress, tokenOrigin } from './hosts';

it('are read as people write them', () => {
  expect(['huggingface.co', 'HTTPS://hub.example/path/?x=1#y', 'http://localhost:8000'].map(hubAddress)).toEqual([
    'https://huggingface.co',
    'https://hub.example/path',
    'http://localhost:8000',
  ]);
  expect(['huggingface.co', 'https://hub.example:8443/path'].map(tokenOrigin)).toEqual([
    'https://huggingface.co',
    'https://hub.example:8443',
  ]);
});

it.each(['https:hub', '', 'huggingface.co@hub.example', 'https://me:secret@hub.example'])(
  'are refused as "%s"',
  (text) => {
    expect(() => hubAddress(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    expect(() => tokenOrigin(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  },
);

it('get a token over https only', () => {
  expect(() => tokenOrigin('http://hub.example')).toThrow(/expected https/);
});
