// Copyright the Islet authors. AGPL-3.0-or-later.
import { useEffect, useRef, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { readerOf } from '../scan/Reader.js';
import { Act } from './Basics.js';
import { DropFile } from './DropFile.js';
import { Notice } from './Told.js';

/** How long after one frame was read the next is taken, ms: a code is found soon, and a phone stays cool. */
const restMs = 80;
/** Longest side of what is read, px. A signed report's code has some 120 modules, so there are enough for each. */
const frameSide = 1280;
const pictureSide = 2400;

type Obstacle = 'denied' | 'none' | 'busy';
type State = Obstacle | 'starting' | 'looking' | 'paused';

/** Looks for a code until it is found, the dialog closes or the page is hidden. Frames go to our own worker, and nowhere else. */
export function Scanner({ onText }: { onText: (text: string) => void }) {
  const { t } = useWords();
  const video = useRef<HTMLVideoElement>(null);
  const found = useRef(onText);
  found.current = onText;
  const [state, setState] = useState<State>('starting');
  const [unread, setUnread] = useState(false);
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn starts the camera anew
  useEffect(() => {
    const shown = video.current;
    const over = new AbortController();
    const hidden = (): void => {
      if (document.visibilityState !== 'hidden') return;
      over.abort();
      setState('paused');
    };
    document.addEventListener('visibilitychange', hidden, { signal: over.signal });
    if (shown)
      look(shown, over.signal, () => setState('looking')).then(
        (text) => {
          over.abort();
          if (text !== undefined) found.current(text);
        },
        (error: unknown) => {
          if (!over.signal.aborted) setState(obstacleOf(error));
          over.abort();
        },
      );
    return () => over.abort();
  }, [turn]);
  const choose = async (file: File): Promise<void> => {
    setUnread(false);
    const text = await pictured(file);
    if (text === undefined) setUnread(true);
    else found.current(text);
  };
  const isOn = state === 'starting' || state === 'looking';
  return (
    <>
      <p role="status">{t(`scan.${state}`)}</p>
      <video ref={video} className="scan" hidden={!isOn} muted playsInline aria-label={t('scan.title')} />
      {!isOn && (
        <div className="row">
          <Act
            onPress={() => {
              setState('starting');
              setTurn(turn + 1);
            }}
          >
            {t('do.again')}
          </Act>
        </div>
      )}
      <DropFile
        quiet
        label={t('scan.picture')}
        accept={['image/*']}
        onFiles={([file]) => file && void choose(file)}
      />
      {unread && <Notice kind="warn">{t('scan.unread')}</Notice>}
      <p className="fine">{t('scan.stays')}</p>
    </>
  );
}

/** The camera's first readable code. Undefined where it was ended before. */
async function look(
  video: HTMLVideoElement,
  signal: AbortSignal,
  onShown: () => void,
): Promise<string | undefined> {
  // Without a secure context there is no such property, whatever its type says.
  if (!navigator.mediaDevices) throw new DOMException('no camera', 'NotFoundError');
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } },
  });
  const stop = (): void => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  if (signal.aborted) {
    stop();
    return undefined;
  }
  signal.addEventListener('abort', stop);
  video.srcObject = stream;
  const reader = readerOf();
  signal.addEventListener('abort', () => reader.close());
  await video.play();
  onShown();
  while (!signal.aborted) {
    const frame = pixelsOf(video, video.videoWidth, video.videoHeight, frameSide);
    const text = frame && (await reader.read(frame));
    if (text !== undefined) return text;
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
  return undefined;
}

/** The code on a picture, if there is one that can be read. */
async function pictured(file: File): Promise<string | undefined> {
  const reader = readerOf();
  try {
    const image = await createImageBitmap(file);
    const pixels = pixelsOf(image, image.width, image.height, pictureSide);
    image.close();
    return pixels && (await reader.read(pixels));
  } catch {
    // No picture, or of a kind that this browser does not know.
    return undefined;
  } finally {
    reader.close();
  }
}

function pixelsOf(
  source: CanvasImageSource,
  width: number,
  height: number,
  most: number,
): ImageData | undefined {
  if (width === 0 || height === 0) return undefined;
  const scale = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  drawing?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return drawing?.getImageData(0, 0, canvas.width, canvas.height);
}

/** As browsers name why there is no picture. */
function obstacleOf(error: unknown): Obstacle {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'none' : 'busy';
}
