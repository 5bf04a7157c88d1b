/**
 * What a person who helps would ask for, collected from the browser, the engine and the log. Collecting never fails: what a browser
 * does not tell is null. Two things are made of it, without looking anywhere else: findings, which are sentences with a next move,
 * and a text to be copied.
 */
import { version, type DeviceReport, type HearthClient, type TunedPoint, type TuningReport } from '../../client';
import type { LogEntry } from '../../lib/log';

export interface DiagnosticsReport {
  version: string;
  browser: string;
  languages: readonly string[];
  secureContext: boolean;
  isolated: boolean;
  /** Null when the engine's thread did not start; then `engineError` says why. */
  device: DeviceReport | null;
  engineError: string | null;
  /** Null when the engine did not tell. */
  tuning: TuningReport | null;
  processors: number | null;
  memoryGigabytes: number | null;
  window: { width: number; height: number; pixelRatio: number };
  storage: { usageBytes: number | null; details: Record<string, number>; persisted: boolean | null; works: boolean };
  serviceWorker: boolean;
}

/** What some browsers tell beyond the standard types. */
type TalkativeNavigator = Navigator & { deviceMemory?: number };
type TalkativeEstimate = StorageEstimate & { usageDetails?: Record<string, number> };

export async function collectReport(client: Pick<HearthClient, 'capabilities' | 'tuning'>): Promise<DiagnosticsReport> {
  const here: TalkativeNavigator = navigator;
  const [engine, tuning, estimate, persisted, works] = await Promise.all([
    client.capabilities().then(
      ({ device }) => ({ device, engineError: null }),
      (error: Error) => ({ device: null, engineError: error.message }),
    ),
    orNull(() => client.tuning()),
    orNull(() => here.storage?.estimate() as Promise<TalkativeEstimate>),
    orNull(() => here.storage?.persisted()),
    canStore(),
  ]);
  return {
    version,
    browser: here.userAgent,
    languages: here.languages,
    secureContext: isSecureContext,
    isolated: crossOriginIsolated,
    ...engine,
    tuning,
    processors: here.hardwareConcurrency ?? null,
    memoryGigabytes: here.deviceMemory ?? null,
    window: { width: innerWidth, height: innerHeight, pixelRatio: devicePixelRatio },
    storage: { usageBytes: estimate?.usage ?? null, details: estimate?.usageDetails ?? {}, persisted, works },
    serviceWorker: here.serviceWorker?.controller != null,
  };
}

async function orNull<T>(ask: () => Promise<T> | undefined): Promise<T | null> {
  try {
    return (await ask()) ?? null;
  } catch {
    return null;
  }
}

/** Private windows and forbidden frames refuse to open any database. */
function canStore(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open('hearth-probe');
      request.onerror = () => resolve(false);
      request.onsuccess = () => {
        request.result.close();
        indexedDB.deleteDatabase('hearth-probe');
        resolve(true);
      };
    } catch {
      resolve(false);
    }
  });
}

/** One thing this browser can or cannot do, by its name in the catalogue, with what a person can do about it. */
export type Finding =
  | { kind: 'gpu' | 'softwareGpu'; adapter: string }
  | { kind: 'engineFailed'; message: string }
  | {
      kind:
        'noGpu' | 'insecure' | 'stored' | 'notStored' | 'kept' | 'mayBeCleared' | 'offlineReady' | 'offlineNotReady';
    };

/** What is asked for most stands first. */
export function findingsOf({
  secureContext,
  device,
  engineError,
  storage,
  serviceWorker,
}: DiagnosticsReport): Finding[] {
  const findings: Finding[] = [];
  if (!secureContext) findings.push({ kind: 'insecure' });
  if (engineError !== null) findings.push({ kind: 'engineFailed', message: engineError });
  if (device?.kind === 'webgpu') {
    const { adapter } = device;
    findings.push({ kind: /swiftshader|llvmpipe|software/i.test(adapter) ? 'softwareGpu' : 'gpu', adapter });
  } else if (device && secureContext) findings.push({ kind: 'noGpu' }); // over plain http that is the reason
  findings.push({ kind: storage.works ? 'stored' : 'notStored' });
  if (storage.works && storage.persisted !== null) findings.push({ kind: storage.persisted ? 'kept' : 'mayBeCleared' });
  if (secureContext) findings.push({ kind: serviceWorker ? 'offlineReady' : 'offlineNotReady' });
  return findings;
}

/** All of it as text, for a report to somebody else: figures first, then the log, oldest entry first. */
export function reportText(report: DiagnosticsReport, model: string | null, entries: readonly LogEntry[]): string {
  const { device, tuning, storage, window, ...rest } = report;
  const lines = [
    `Hearth ${rest.version}`,
    `browser: ${rest.browser}`,
    `languages: ${rest.languages.join(', ')}`,
    `secure context: ${rest.secureContext}, isolated: ${rest.isolated}, offline shell: ${rest.serviceWorker}`,
    `processor cores: ${rest.processors}, memory: ${rest.memoryGigabytes} GB`,
    `window: ${window.width} × ${window.height} at ${window.pixelRatio}`,
    `model: ${model ?? 'none'}`,
    `adapter: ${device ? `${device.adapter} (${device.kind})` : `engine did not start: ${rest.engineError}`}`,
    ...(device?.reason ? [`no adapter because: ${device.reason}`] : []),
    `features: ${device?.features.join(', ')}`,
    ...Object.entries(device?.limits ?? {}).map(([name, limit]) => `  ${name}: ${limit}`),
    `kernels: ${tuning === null ? 'unknown' : tuning.isOn ? 'tuned' : 'not tuned'}`,
    ...(tuning?.points ?? []).map((point) => `  ${tunedLine(point)}`),
    `storage: ${storage.works ? 'works' : 'refused'}, ${storage.usageBytes} bytes, persisted: ${storage.persisted}`,
    ...Object.entries(storage.details).map(([place, bytes]) => `  ${place}: ${bytes} bytes`),
    '',
    `log, ${entries.length} entries:`,
    ...entries.map(logLine),
  ];
  return lines.join('\n');
}

/** "1.24 × decoder=int4 width=576 …: workgroup=64 …", and which kernels are wrong on this device. */
export function tunedLine({ point, variant, gain, refused }: TunedPoint): string {
  const wrong = refused.length > 0 ? `, wrong: ${refused.join('; ')}` : '';
  return `${gain.toFixed(2)} × ${point}: ${variant}${wrong}`;
}

/** "2026-11-21T11:02:20.123Z engine info model-loaded modelId=tales weightBytes=4000000" */
export function logLine({ time, level, thread, event, details }: LogEntry): string {
  const pairs = Object.entries(details).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? JSON.stringify(value) : String(value)}`,
  );
  return [new Date(time).toISOString(), thread, level, event, ...pairs].join(' ');
}
