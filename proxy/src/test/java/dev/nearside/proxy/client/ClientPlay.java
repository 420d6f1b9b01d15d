package dev.nearside.proxy.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One run of a {@link ClientProgram}: it is told a port to use, Redis's own port and a protocol,
 * and prints one line for each of its checks. The line {@code @restart} asks for a restart of what
 * listens on the first port; it goes on when it reads a line.
 */
final class ClientPlay {
  private static final long LIMIT_S = 60;

  /** Ends every connection through the port a program uses. */
  @FunctionalInterface
  interface Restart {
    void now() throws Exception;
  }

  private ClientPlay() {}

  /** Plays {@code program} to its end and returns the lines of its checks and its exit status. */
  static List<String> lines(
      ClientProgram program, int port, int redisPort, int protocol, Restart restart)
      throws Exception {
    List<String> command = new ArrayList<>(program.command());
    for (int argument : new int[] {port, redisPort, protocol}) {
      command.add(Integer.toString(argument));
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    CompletableFuture<Process> ended = process.onExit().orTimeout(LIMIT_S, TimeUnit.SECONDS);
    CompletableFuture<Process> limit = ended.whenComplete((end, late) -> kill(process));
    try {
      List<String> lines = read(process, restart);
      lines.add("exit status " + process.waitFor());
      return lines;
    } finally {
      kill(process);
      limit.cancel(true);
    }
  }

  private static void kill(Process process) {
    process.toHandle().destroyForcibly();
  }

  private static List<String> read(Process process, Restart restart) throws Exception {
    List<String> lines = new ArrayList<>();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        Writer in = process.outputWriter(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.equals("@restart")) {
          restart.now();
          goOn(in);
        } else {
          lines.add(line);
        }
      }
    }
    return lines;
  }

  private static void goOn(Writer in) throws IOException {
    in.write("restarted\n");
    in.flush();
  }
}
