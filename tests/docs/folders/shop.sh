# The folder that `tastemaker demo --directory shop` leaves, of few customers and recommenders.
tastemaker demo --directory . --customers 60 --only popular --only item-knn --only tfidf
