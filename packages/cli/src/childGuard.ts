// Copyright the Islet authors. AGPL-3.0-or-later.
// Loaded before a service's own program, by its supervisor alone: the service ends when its supervisor does, however that
// ended, even before this line. The journals are made for sudden ends, and the next supervisor waits for nothing.
process.once('disconnect', () => process.exit(1));
process.channel?.unref();
if (!process.connected) process.exit(1);
