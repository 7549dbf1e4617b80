// The user's microphone, camera and screen, and which of several are used.

import { failure } from "./errors.js";

const KEY = "devices";
const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 } }; // with six people, each sends it five times

const CODES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** Whether the browser can show the others a screen; phones cannot. */
export const canShareScreen = Boolean(navigator.mediaDevices?.getDisplayMedia);

/** Whether the browser lets a page choose where the sound comes out. */
export const canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype;

/** The IDs of what the user has chosen, by kind: "microphone", "camera", "speaker"; without one the browser chooses. */
export const chosen = { ...stored() };

export function choose(kind, id) {
  chosen[kind] = id;
  localStorage.setItem(KEY, JSON.stringify(chosen));
}

/** Opens a "microphone", "camera" or "screen" and returns its track. The code of an error is insecure, denied, none or busy. */
export async function open(kind) {
  if (!navigator.mediaDevices) throw failure("insecure");
  try {
    return await track(kind, chosen[kind]);
  } catch (err) {
    const gone = chosen[kind] && ["OverconstrainedError", "NotFoundError"].includes(err.name);
    try {
      if (gone) return await track(kind);
    } catch (again) {
      err = again;
    }
    throw failure(CODES[err.name] ?? "busy", err.message);
  }
}

async function track(kind, id) {
  const { mediaDevices } = navigator;
  const which = id ? { deviceId: { exact: id } } : {};
  const streams = {
    microphone: () => mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, ...which } }),
    camera: () => mediaDevices.getUserMedia({ video: { ...PICTURE, ...which } }),
    screen: () => mediaDevices.getDisplayMedia({ video: true }),
  };
  return (await streams[kind]()).getTracks()[0];
}

/** Lists the devices of a kind, as {id, label}. The browser names them once it was permitted to use one. */
export async function list(kind) {
  const kinds = { microphone: "audioinput", camera: "videoinput", speaker: "audiooutput" };
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  return devices.filter((device) => device.kind === kinds[kind] && device.deviceId && device.label).map(({ deviceId, label }) => ({ id: deviceId, label }));
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null; // not ours
  }
}
