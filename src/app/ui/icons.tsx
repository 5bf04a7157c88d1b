/** Line drawings of the frame on a 20-px grid, in the colour of the text. They say nothing to assistive technology: buttons have names. */
import type { ReactNode } from 'react';

function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

/** A prompt: what is typed here is done. */
export function CommandIcon() {
  return (
    <Icon>
      <path d="M4.5 6l4 4-4 4M10.5 14.5h5" />
    </Icon>
  );
}

export function GoodIcon() {
  return (
    <Icon>
      <path d="M4.5 10.5l4 4 7-8.5" />
    </Icon>
  );
}

export function WarnIcon() {
  return (
    <Icon>
      <path d="M10 3.5l7 12.5H3zM10 8.5v3.5M10 14.200h.01" />
    </Icon>
  );
}
