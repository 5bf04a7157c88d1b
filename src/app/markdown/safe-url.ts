/** Addresses that a text may lead to. */

/**
 * The address if a person may follow it: absolute, to the web or to a mailbox. An address relative to this page would lead
 * into Hearth itself and look like a part of it, and any other scheme may run something, so those are null.
 */
export function safeLink(address: string | undefined): URL | null {
  const url = parse(address);
  return url && /^(?:https?|mailto):$/.test(url.protocol) ? url : null;
}

/** The address of an image on the web, or null. */
export function safeImage(address: string | undefined): URL | null {
  const url = parse(address);
  return url && /^https?:$/.test(url.protocol) ? url : null;
}

/** Where an address leads, as a person should see it: names in foreign scripts stay in their unmistakable ASCII form. */
export function hostOf(url: URL): string {
  return url.protocol === 'mailto:' ? decodeSafely(url.pathname) : url.host;
}

/** Whether the text of a link already says where it leads. */
export function tellsHost(text: string, url: URL): boolean {
  const said = text.trim();
  if (url.protocol === 'mailto:') return said === hostOf(url);
  const asUrl = parse(/^https?:\/\//i.test(said) ? said : `https://${said}`);
  return asUrl?.host === url.host && asUrl.username === '';
}

function parse(address: string | undefined): URL | null {
  // Without a scheme it would be relative; URL.canParse alone also takes "https:path" and control characters.
  if (address === undefined || !/^(?:https?:\/\/|mailto:)[^\s\\]+$/i.test(address)) return null;
  return URL.canParse(address) ? new URL(address) : null;
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
