package io.nightshift.system.dashboard;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;

/// How much two pictures of a page differ. Times and numbers differ in each picture, so it compares the
/// average colours of squares: they change if a part is moved, missing, or has another colour.
final class PictureComparison {

    private static final int SQUARE = 16;

    /// Of a colour channel, from 0 to 255.
    private static final int SLIGHT = 20;

    private PictureComparison() {}

    static BufferedImage read(byte[] png) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    /// The share of squares that differ, from 0 to 1. What only the larger picture has differs.
    static double difference(BufferedImage one, BufferedImage other) {
        int columns = (Math.max(one.getWidth(), other.getWidth()) + SQUARE - 1) / SQUARE;
        int lines = (Math.max(one.getHeight(), other.getHeight()) + SQUARE - 1) / SQUARE;
        BufferedImage first = squares(one, columns, lines);
        BufferedImage second = squares(other, columns, lines);
        int different = 0;
        for (int line = 0; line < lines; line++) {
            for (int column = 0; column < columns; column++) {
                if (differs(first.getRGB(column, line), second.getRGB(column, line))) {
                    different++;
                }
            }
        }
        return (double) different / (columns * lines);
    }

    private static boolean differs(int one, int other) {
        for (int shift = 0; shift < 32; shift += 8) {
            if (Math.abs(((one >> shift) & 0xff) - ((other >> shift) & 0xff)) > SLIGHT) {
                return true;
            }
        }
        return false;
    }

    /// One pixel for each square; transparent where there is no picture.
    private static BufferedImage squares(BufferedImage picture, int columns, int lines) {
        BufferedImage whole = new BufferedImage(columns * SQUARE, lines * SQUARE, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = whole.createGraphics();
        graphics.drawImage(picture, 0, 0, null);
        graphics.dispose();
        BufferedImage small = new BufferedImage(columns, lines, BufferedImage.TYPE_INT_ARGB);
        for (int line = 0; line < lines; line++) {
            for (int column = 0; column < columns; column++) {
                small.setRGB(column, line, average(whole, column * SQUARE, line * SQUARE));
            }
        }
        return small;
    }

    private static int average(BufferedImage picture, int x, int y) {
        int[] pixels = picture.getRGB(x, y, SQUARE, SQUARE, null, 0, SQUARE);
        int average = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            int sum = 0;
            for (int pixel : pixels) {
                sum += (pixel >> shift) & 0xff;
            }
            average |= (sum / pixels.length) << shift;
        }
        return average;
    }
}
