/** Calls back before the next paint; at once in a hidden tab, where nothing is painted but answers go on and are stored. */
export function nextFrame(callback: () => void): void {
  if (document.hidden) return callback();
  const run = () => {
    cancelAnimationFrame(frame);
    document.removeEventListener('visibilitychange', run);
    callback();
  };
  const frame = requestAnimationFrame(run);
  document.addEventListener('visibilitychange', run);
}
