/** Whether this browser can record at all; whether it may, it says when it is asked for the microphone. */
export const canRecord = () => typeof MediaRecorder === "function" && Boolean(navigator.mediaDevices?.getUserMedia);
