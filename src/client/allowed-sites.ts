/**
 * The sites that a person has allowed to use Hearth in a frame: one record in localStorage. Browsers keep a frame's storage apart
 * for every site it stands in, so a page only ever finds the records of the site it was opened in.
 */
import * as v from 'valibot';
import { EMBED_USES, type EmbedLimits, type EmbedUse } from '../protocol/embed-api';

/** Beginning with "hearth." like all keys of ours, so that export and deletion find it. */
export const ALLOWED_SITES_KEY = 'hearth.allowed-sites';

/** What each may have: enough for a page that talks with one person, far from what keeps a machine busy day and night. */
export const EMBED_LIMITS: EmbedLimits = { concurrentAnswers: 4, tokensPerMinute: 20_000, contextLength: 4096 };

const siteSchema = v.object({
  /** e.g. "https://example.com". */
  origin: v.string(),
  /** What for; see `EmbedUse`. */
  use: v.picklist(EMBED_USES),
  /** Ids of the models it may have. */
  models: v.array(v.string()),
  /** When it was first allowed, as ISO 8601. */
  since: v.string(),
});

export type AllowedSite = v.InferOutput<typeof siteSchema>;

/** Where records are kept, as `localStorage`. */
export type SiteStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** @param storage null where this page has none. What cannot be read counts as not allowed. */
export function readAllowedSites(storage: SiteStorage | null): AllowedSite[] {
  try {
    const result = v.safeParse(v.array(siteSchema), JSON.parse(storage?.getItem(ALLOWED_SITES_KEY) ?? '[]'));
    return result.success ? result.output : [];
  } catch {
    return [];
  }
}

export function isAllowed(sites: readonly AllowedSite[], origin: string, use: EmbedUse, model: string): boolean {
  return sites.some((site) => site.origin === origin && site.use === use && site.models.includes(model));
}

/** @returns the records afterwards. @throws what the storage throws when it is full. */
export function allowSite(
  storage: SiteStorage,
  { origin, use, model, now }: { origin: string; use: EmbedUse; model: string; now: Date },
): AllowedSite[] {
  const sites = readAllowedSites(storage);
  const known = sites.find((site) => site.origin === origin && site.use === use);
  if (!known) sites.push({ origin, use, models: [model], since: now.toISOString() });
  else if (!known.models.includes(model)) known.models.push(model);
  storage.setItem(ALLOWED_SITES_KEY, JSON.stringify(sites));
  return sites;
}

/** Takes back everything that an origin was allowed. @returns the records afterwards. */
export function revokeSite(storage: SiteStorage, origin: string): AllowedSite[] {
  const sites = readAllowedSites(storage).filter((site) => site.origin !== origin);
  storage.setItem(ALLOWED_SITES_KEY, JSON.stringify(sites));
  return sites;
}
