/** Before every test file: how many samples property tests draw. A failure prints its seed and path by itself. */
import fc from 'fast-check';

fc.configureGlobal({ numRuns: import.meta.env['HEARTH_DEEP'] === '1' ? 2000 : 100 });
