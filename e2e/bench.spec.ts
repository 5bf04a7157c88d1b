/** The benchmark's page: a real run of the smallest shape, stopped in the middle, and a result as it is read, copied and kept. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { BenchReport } from '../src/client';
import { axeFindings, cutOff, smallTargets } from './support/open-to-all';
import { expect, test } from './support/test';

const inOne = { tag: '@adapter' };
const report = JSON.parse(readFileSync(new URL('support/bench-report.json', import.meta.url), 'utf8')) as BenchReport;

async function keepResult(page: Page): Promise<void> {
  const kept = { measuredAt: Date.UTC(2026, 10, 21), report };
  await page.addInitScript((kept) => localStorage.setItem('hearth.benchmark', kept), JSON.stringify(kept));
}

test('a run goes on in a thread of its own until it is stopped', inOne, async ({ page }) => {
  await page.goto('/#/benchmark');
  await expect(page.getByRole('checkbox', { name: /^SmolLM2-135M/ })).toBeChecked();
  await page.getByRole('button', { name: 'Run the benchmark' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Measuring' })).toBeVisible();
  expect(page.workers().some((worker) => worker.url().includes('bench.worker'))).toBe(true);
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Benchmark' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Measuring' })).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Run the benchmark' })).toBeVisible();
  await expect.poll(() => page.workers().some((worker) => worker.url().includes('bench.worker'))).toBe(false);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the last result is kept, says what is unsure, and is copied as JSON', inOne, async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await keepResult(page);
  await page.goto('/#/benchmark');
  await expect(page.getByRole('heading', { name: report.models[0]!.shape, exact: true })).toBeVisible();
  await expect(page.getByText('The machine was busy with something else')).toBeVisible();
  const { tokens } = report.models[0]!.decode[0]!;
  await expect(page.getByRole('rowheader', { name: String(tokens), exact: true }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Copy as JSON' }).click();
  await expect(page.getByText('Copied', { exact: true })).toBeVisible();
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual(report);
});

for (const viewport of [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
])
  test(`a result stands in nobody’s way at ${viewport.width} px`, inOne, async ({ page }) => {
    await page.setViewportSize(viewport);
    await keepResult(page);
    await page.goto('/#/benchmark');
    await page.getByText('Details', { exact: true }).first().click();
    expect(await axeFindings(page)).toEqual([]);
    expect(await smallTargets(page)).toEqual([]);
    expect(await cutOff(page)).toEqual([]);
  });
