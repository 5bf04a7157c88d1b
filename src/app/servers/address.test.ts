import { describe, expect, it } from 'vitest';
import { judgeAddress, readAddress, usualAddresses } from './address';

describe('an address that a person types', () => {
  it.each([
    [' http://localhost:11434 ', 'http://localhost:11434'],
    ['localhost:11434/v1', 'http://localhost:11434/v1'],
    ['127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['example.org/openai/v1', 'https://example.org/openai/v1'],
    ['localhost.example.org', 'https://localhost.example.org'],
    ['', ''],
  ])('%j becomes %j', (typed, address) => {
    expect(readAddress(typed)).toBe(address);
  });

  it.each([
    ['https://example.org/v1', 'fine', 'fine'],
    ['http://localhost:11434', 'fine', 'fine'],
    ['http://127.0.0.1:8000', 'fine', 'fine'],
    ['http://192.168.1.5:8000', 'mixed', 'unencrypted'],
    ['http://localhost.example.org', 'mixed', 'unencrypted'],
    ['ftp://example.org', 'wrong', 'wrong'],
    ['https://me:secret@example.org', 'wrong', 'wrong'],
    ['https://', 'wrong', 'wrong'],
    ['https://no server', 'wrong', 'wrong'],
    ['https://a%20b/', 'wrong', 'wrong'],
    ['https://bücher.example', 'fine', 'fine'],
    ['https://[::1]:8000', 'fine', 'fine'],
    ['', 'wrong', 'wrong'],
  ])('%j is %s to a page that came over https, and %s to one of this machine', (address, overHttps, overHttp) => {
    expect(judgeAddress(address, 'https://hearth.example/')).toBe(overHttps);
    expect(judgeAddress(address, 'http://localhost:4173/')).toBe(overHttp);
  });

  it.each(usualAddresses)('the usual one of $name can be asked from anywhere', ({ address }) => {
    expect(judgeAddress(readAddress(address), 'https://hearth.example/')).toBe('fine');
  });
});
