/** Line drawings on a 20-px grid, in the colour of the text. They say nothing to assistive technology: buttons have names. */
import type { ReactNode } from 'react';

function Icon({ width, children }: { readonly width: number; readonly children: ReactNode }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth={width}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

const draw = (path: string, width = 1.5) =>
  function Drawing() {
    return (
      <Icon width={width}>
        <path d={path} />
      </Icon>
    );
  };

export const CopyIcon = draw('M7.5 7.5h8v9h-8zM12.5 7.5v-3h-8v9h3');
export const CheckIcon = draw('M4.5 10.5l4 4 7-8.5');
export const EditIcon = draw('M4 16l.7-3.2L13 4.5a1.4 1.4 0 0 1 2 0l.5.5a1.4 1.4 0 0 1 0 2l-8.3 8.3z');
export const AgainIcon = draw('M15.5 10a5.5 5.5 0 1 1-1.6-3.9M15.5 3v3.5H12');
export const DeleteIcon = draw('M4 6h12M8 6V4h4v2M5.5 6l.8 10h7.4l.8-10M8.5 9v4.5M11.5 9v4.5');
export const BackIcon = draw('M12 5l-5 5 5 5');
export const ForthIcon = draw('M8 5l5 5-5 5');
export const DownIcon = draw('M10 4v12M5 11l5 5 5-5');
export const AttachIcon = draw(
  'M15.5 9.5l-5.7 5.7a3.4 3.4 0 0 1-4.8-4.8l6-6a2.3 2.3 0 0 1 3.2 3.2l-6 6a1.1 1.1 0 0 1-1.6-1.6L12 6.7',
);
export const FileIcon = draw('M5.5 3h6l3 3v11h-9zM11.5 3v3h3');
export const CloseIcon = draw('M5.5 5.5l9 9M14.5 5.5l-9 9');
export const MoreIcon = draw('M5 10h.01M10 10h.01M15 10h.01', 2.5);
export const ListIcon = draw('M4 5.5h12M4 10h12M4 14.5h8');
export const SettingsIcon = draw('M4 6h7M14.5 6H16M4 14h1.5M9 14h7M11 4v4h3.5V4zM5.5 12v4H9v-4z');
export const PinIcon = draw('M8 3.5h4l-.5 4.5 2.5 2.5H6L8.500 8zM10 10.500V16.500');
export const SearchIcon = draw('M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4zM12.700 12.700L16.500 16.500');
