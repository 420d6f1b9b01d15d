package dev.nearside.proxy.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
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
    String content = text(path, StandardCharsets.UTF_8).replaceFirst("\r?\n\\z", "");
    if (content.isEmpty()) {
      throw new IOException("is empty");
    }
    return content;
  }

  /**
   * Returns all that the file at {@code path} holds. Blocks.
   *
   * @throws IOException when it cannot be read; the message is a predicate, as above
   */
  public static String text(String path, Charset charset) throws IOException {
    try {
      return Files.readString(Path.of(path), charset);
    } catch (InvalidPathException e) {
      throw new IOException("is not a path", e);
    } catch (NoSuchFileException e) {
      throw new IOException("does not exist", e);
    } catch (CharacterCodingException e) {
      throw new IOException("is not " + charset + " text", e);
    } catch (IOException e) {
      throw new IOException("cannot be read (" + e.getClass().getSimpleName() + ")", e);
    }
  }
}
