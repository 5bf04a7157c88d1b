// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { ALLOWED_SITES_KEY, allowSite, readAllowedSites } from '../../client/allowed-sites';
import { AllowedSitesSection } from './allowed-sites-section';

afterEach(() => {
  cleanup();
  localStorage.clear();
});

const allow = (origin: string, use: 'ask' | 'chat') =>
  allowSite(localStorage, { origin, use, model: 'tales', now: new Date() });

it('lists the sites, and takes back all that one was allowed', () => {
  allow('https://one.example', 'ask');
  allow('https://one.example', 'chat');
  allow('https://two.example', 'ask');
  render(<AllowedSitesSection />);
  expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    expect.stringContaining('https://one.example may ask Tales'),
    expect.stringContaining('https://one.example may offer a chat with Tales'),
    expect.stringContaining('https://two.example may ask Tales'),
  ]);
  fireEvent.click(screen.getAllByRole('button', { name: /https:\/\/one\.example/ })[0]!);
  expect(screen.getAllByRole('listitem')).toHaveLength(1);
  expect(readAllowedSites(localStorage).map(({ origin }) => origin)).toEqual(['https://two.example']);
});

it('follows what is allowed elsewhere', () => {
  render(<AllowedSitesSection />);
  expect(screen.queryAllByRole('listitem')).toEqual([]);
  allow('https://one.example', 'ask');
  fireEvent(window, new StorageEvent('storage', { key: ALLOWED_SITES_KEY }));
  expect(screen.getAllByRole('listitem')).toHaveLength(1);
});
