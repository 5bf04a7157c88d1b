/**
 * An image from elsewhere. Its owner would learn who looks at it, and the page's policy lets nothing in from another origin: what
 * stands here is a link to it.
 */
import { use } from 'react';
import { InLink } from './link';
import { hostOf, safeImage } from './safe-url';
import { strings } from './strings';

interface RemoteImageProps {
  readonly src?: string | undefined;
  readonly alt?: string | undefined;
}

export function RemoteImage({ src, alt = '' }: RemoteImageProps) {
  const inLink = use(InLink);
  const url = safeImage(src);
  if (!url || inLink) return <bdi>{alt}</bdi>;
  const host = hostOf(url);
  return (
    <span className="md-image-box">
      {alt !== '' && <bdi>{alt}</bdi>}
      <a href={url.href} target="_blank" rel="noopener noreferrer">
        {strings.openImage}
      </a>
      <span className="md-host">{strings.openImageWhy({ host })}</span>
    </span>
  );
}
