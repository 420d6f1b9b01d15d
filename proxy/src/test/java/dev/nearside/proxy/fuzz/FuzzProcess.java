package dev.nearside.proxy.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Fuzzes one target in a process of its own, and then keeps the least inputs that reach as much.
 */
final class FuzzProcess {
  private static final String JAZZER = "com.code_intelligence.jazzer.Jazzer";
  private static final String CORPUS = "proxy/src/test/resources/dev/nearside/proxy/fuzz/corpus";
  private static final int MAX_INPUT_BYTES = 2048;

  /** {@code #1234 DONE cov: 5 ft: 6 corp: …}. */
  private static final Pattern PROGRESS =
      Pattern.compile("#(\\d+)\\s+\\S+\\s+cov: (\\d+) ft: (\\d+)");

  private final FuzzTarget target;
  private final Path corpus;
  private final Path work;
  private final Path found;
  private final Path merged;

  FuzzProcess(Path root, FuzzTarget target) throws IOException {
    this.target = target;
    corpus = Files.createDirectories(root.resolve(CORPUS).resolve(target.label()));
    work = Files.createDirectories(root.resolve("proxy/target/fuzz").resolve(target.label()));
    found = Files.createDirectories(work.resolve("found"));
    merged = work.resolve("merged");
  }

  FuzzOutcome run(long seconds) throws IOException, InterruptedException {
    long crashesBefore = crashes();
    Path log = work.resolve("run.log");
    jazzer(log, "-max_total_time=" + seconds, found.toString(), corpus.toString());
    delete(files(merged));
    Files.createDirectories(merged);
    jazzer(
        work.resolve("merge.log"),
        "-merge=1",
        "-use_counters=0", // edges alone: how often each is taken would keep five times as many
        merged.toString(),
        corpus.toString(),
        found.toString());
    if (!files(merged).isEmpty()) {
      replaceCorpus();
    }
    return outcome(Files.readString(log), seconds, (int) (crashes() - crashesBefore));
  }

  private void jazzer(Path log, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:+EnableDynamicAgentLoading"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), JAZZER));
    command.add("--target_class=" + target.type().getName());
    command.add("--instrumentation_includes=dev.nearside.proxy.**");
    // Hooks into libraries would only slow down, and one refuses what Netty does with Unsafe.
    command.add("--custom_hook_includes=dev.nearside.proxy.**");
    command.add("--reproducer_path=" + work);
    command.add("-artifact_prefix=" + work + "/");
    command.add("-max_len=" + MAX_INPUT_BYTES);
    command.addAll(List.of(arguments));
    new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start()
        .waitFor();
  }

  private void replaceCorpus() throws IOException {
    delete(files(corpus));
    for (Path input : files(merged)) {
      Files.copy(input, corpus.resolve(input.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private FuzzOutcome outcome(String log, long seconds, int findings) throws IOException {
    long[] last = new long[3];
    Matcher progress = PROGRESS.matcher(log);
    while (progress.find()) {
      for (int i = 0; i < last.length; i++) {
        last[i] = Long.parseLong(progress.group(i + 1));
      }
    }
    long bytes = 0;
    for (Path input : files(corpus)) {
      bytes += Files.size(input);
    }
    int inputs = files(corpus).size();
    return new FuzzOutcome(
        target.label(), seconds, last[0], last[1], last[2], inputs, bytes, findings);
  }

  private long crashes() throws IOException {
    return files(work).stream()
        .filter(file -> file.getFileName().toString().matches("(crash|timeout|oom)-.*"))
        .count();
  }

  private static void delete(List<Path> files) throws IOException {
    for (Path file : files) {
      Files.delete(file);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
