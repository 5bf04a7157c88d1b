import { expect, it } from 'vitest';
import packageJson from '../../package.json';
import { version } from './version';

it('is the version of package.json', () => {
  expect(version).toBe(packageJson.version);
});
