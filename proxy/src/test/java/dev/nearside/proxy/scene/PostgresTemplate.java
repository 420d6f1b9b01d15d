package dev.nearside.proxy.scene;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The data of a server that was never started. It is made once for each program and process, which
 * takes seconds; each server begins with a copy.
 */
final class PostgresTemplate {
  private static final ConcurrentMap<Path, Path> MADE = new ConcurrentHashMap<>();

  private PostgresTemplate() {}

  /**
   * Makes {@code data}, which is not there yet.
   *
   * @param programs where {@code initdb} is
   * @param owner whom the data shall belong to, who may write where it shall be
   */
  static void copy(Path programs, Owner owner, Path data) throws IOException {
    Path made = MADE.computeIfAbsent(programs, each -> make(each, owner));
    run(owner, data.getParent(), List.of("cp", "-a", made.toString(), data.toString()));
  }

  private static Path make(Path programs, Owner owner) {
    try {
      Path home = Files.createTempDirectory("nearside-postgres-template-").toRealPath();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> PostgresBinaries.delete(home)));
      owner.give(home);
      Path data = home.resolve("data");
      List<String> command = new ArrayList<>(List.of(programs.resolve("initdb").toString()));
      command.addAll(List.of("-A", "trust", "-U", PostgresServer.USER, "-E", "UTF8"));
      command.addAll(List.of("--no-locale", "--no-sync", "-D", data.toString()));
      run(owner, home, command);
      return data;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(Owner owner, Path directory, List<String> words) throws IOException {
    List<String> command = new ArrayList<>(owner.prefix());
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(directory.toFile()).environment().put("LC_ALL", "C");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.onExit().join().exitValue() != 0) {
      throw new IOException(words.getFirst() + " failed: " + output);
    }
  }
}
