package dev.nearside.proxy.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that holds one value and nothing else, as a secret is mounted. */
public final class ValueFile {
  private ValueFile() {}

  /**
   * Returns what the file at {@code path} holds, without one trailing line break. Blocks.
   *
   * @throws IOException when it holds none; the message is a predicate, for example {@code is
   *     empty}
   */
  public static String read(String path) throws IOException {
    String content;
    try {
      content = Files.readString(Path.of(path)).replaceFirst("\r?\n\\z", "");
    } catch (InvalidPathException e) {
      throw new IOException("is not a path", e);
    } catch (NoSuchFileException e) {
      throw new IOException("does not exist", e);
    } catch (CharacterCodingException e) {
      throw new IOException("is not UTF-8 text", e);
    } catch (IOException e) {
      throw new IOException("cannot be read (" + e.getClass().getSimpleName() + ")", e);
    }
    if (content.isEmpty()) {
      throw new IOException("is empty");
    }
    return content;
  }
}
