/** An image from elsewhere. Its owner would learn who looks at it, so it is loaded only when the person asks for it. */
import { useState } from 'react';
import { hostOf, safeImage } from './safe-url';
import { strings } from './strings';

export function RemoteImage({
  src,
  alt = '',
}: {
  readonly src?: string | undefined;
  readonly alt?: string | undefined;
}) {
  const [state, setState] = useState<'waiting' | 'asked' | 'failed'>('waiting');
  const url = safeImage(src);
  if (!url) return <bdi>{alt}</bdi>;
  const host = hostOf(url);
  if (state === 'asked') {
    // The page is cross-origin isolated, so the image must come with CORS; no cookies are sent with it.
    return (
      <img
        className="md-image"
        src={url.href}
        alt={alt}
        crossOrigin="anonymous"
        referrerPolicy="no-referrer"
        onError={() => setState('failed')}
      />
    );
  }
  return (
    <span className="md-image-box">
      {alt !== '' && <bdi>{alt}</bdi>}
      {state === 'waiting' ? (
        <>
          <button type="button" className="md-button" onClick={() => setState('asked')}>
            {strings.loadImage({ host })}
          </button>
          <span className="md-host">{strings.loadImageWhy({ host })}</span>
        </>
      ) : (
        <>
          {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
          <span role="status">{strings.imageFailed({ host })}</span>
          <a href={url.href} target="_blank" rel="noopener noreferrer">
            {strings.openImage}
          </a>
        </>
      )}
    </span>
  );
}
